// Asks once a minute whether there are new data, while somebody looks, and offers to show them.
const EVERY_MS = 60000;
const note = document.createElement("p");
let tag = "", askedAt = Date.now();

note.className = "new";
note.setAttribute("role", "status");
document.body.append(note);

function offer() {
	const button = document.createElement("button");
	button.textContent = "refresh";
	button.addEventListener("click", () => location.reload());
	note.replaceChildren("New data – ", button);
}

async function ask() {
	const mine = document.querySelector("main").dataset.generation;
	if (document.hidden || !mine || note.firstChild || Date.now() - askedAt < EVERY_MS - 1000)
		return;
	askedAt = Date.now();
	const headers = { Accept: "text/html" };
	if (tag)
		headers["If-None-Match"] = tag;
	const answer = await fetch(location.href, { method: "HEAD", headers, cache: "no-store" }).catch(() => null);
	if (!answer?.ok)
		return;
	// W/"<generation of the data>-<the rest>": the rest changes with the clock.
	tag = answer.headers.get("ETag") ?? "";
	const now = /^W\/"(\d+)-/.exec(tag);
	if (now && now[1] !== mine)
		offer();
}

document.addEventListener("swapped", () => note.replaceChildren());
document.addEventListener("visibilitychange", ask);
setInterval(ask, EVERY_MS);
