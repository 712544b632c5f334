// Opens the explanation of a row under it, out of the page that the link leads to.
const LINKS = "a[data-explain]";
let opened = 0;

function prepare() {
	for (const link of document.querySelectorAll(LINKS + ":not([aria-expanded])"))
		link.setAttribute("aria-expanded", "false");
}

// What the page says, without names that this page may have given already.
async function explanation(link) {
	const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	const part = page.getElementById("explanation");
	for (const named of part.querySelectorAll("[id]"))
		named.removeAttribute("id");
	part.removeAttribute("id");
	return document.adoptNode(part);
}

async function open(link) {
	const row = link.closest("tr"), under = document.createElement("tr"), cell = under.insertCell();
	link.setAttribute("aria-busy", "true");
	try {
		cell.append(await explanation(link));
	} catch {
		location.assign(link.href);
		return;
	}
	link.removeAttribute("aria-busy");
	if (!row.isConnected || link.getAttribute("aria-expanded") === "true")
		return;
	under.className = "under";
	under.id = "under-" + ++opened;
	cell.colSpan = row.cells.length;
	cell.className = "wide";
	row.after(under);
	link.setAttribute("aria-expanded", "true");
	link.setAttribute("aria-controls", under.id);
}

function close(under) {
	const link = under.previousElementSibling.querySelector(LINKS);
	const inside = under.contains(document.activeElement);
	under.remove();
	link.setAttribute("aria-expanded", "false");
	link.removeAttribute("aria-controls");
	if (inside)
		link.focus();
}

document.addEventListener("click", e => {
	const link = e.target.closest(LINKS);
	if (!link || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey)
		return;
	e.preventDefault();
	if (link.getAttribute("aria-expanded") === "true")
		close(link.closest("tr").nextElementSibling);
	else if (!link.ariaBusy)
		open(link);
});

document.addEventListener("keydown", e => {
	if (e.key !== "Escape" || document.querySelector("dialog[open]"))
		return;
	const under = document.querySelector("tr.under:focus-within, tr:focus-within + .under") ?? [...document.querySelectorAll("tr.under")].pop();
	if (under)
		close(under);
});

document.addEventListener("swapped", prepare);
prepare();
