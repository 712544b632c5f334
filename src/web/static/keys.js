// Single keys: data-key names that of a link or a field.
const STORE = "ruad-keys", CHORD_MS = 1500;
let first = "", firstAt = 0;

function isOn() {
	try {
		return localStorage.getItem(STORE) !== "off";
	} catch {
		return true;
	}
}

function turn(on) {
	try {
		if (on)
			localStorage.removeItem(STORE);
		else
			localStorage.setItem(STORE, "off");
	} catch { /* it stays as it is */ }
}

function make(tag, text, more) {
	return Object.assign(document.createElement(tag), { textContent: text }, more);
}

// The list is that of the help page.
async function dialog() {
	const link = document.querySelector("[data-keys]");
	const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	const box = make("dialog", "", { className: "keys" });
	const title = make("h2", "Keyboard", { id: "keys-title" });
	const on = make("input", "", { type: "checkbox", checked: isOn() });
	const label = make("label", ""), form = make("form", "", { method: "dialog" });
	box.setAttribute("aria-labelledby", title.id);
	on.addEventListener("change", () => turn(on.checked));
	label.append(on, " Single keys are on. “" + link.textContent + "” at the end of each page opens this list, too.");
	form.append(make("button", "Close"));
	box.append(title, document.adoptNode(page.querySelector("main table")), label, form);
	box.addEventListener("close", () => box.remove());
	document.body.append(box);
	box.showModal();
}

function help() {
	if (!document.querySelector("dialog"))
		dialog().catch(() => location.assign(document.querySelector("[data-keys]").href));
}

const rows = () => [...document.querySelectorAll("main tbody tr")].filter(r => r.getClientRects().length && r.querySelector("a"));

// Focus goes to the first link of the row, so that Enter opens it.
function move(step) {
	const all = rows(), at = all.findIndex(r => r.contains(document.activeElement));
	const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
	next?.querySelector("a").focus();
	next?.scrollIntoView({ block: "nearest" });
}

function explain() {
	const row = rows().find(r => r.contains(document.activeElement)) ?? document;
	row.querySelector("a[data-explain]")?.click();
}

const DOES = {
	j: () => move(1),
	k: () => move(-1),
	e: explain,
	"?": help,
	x: () => document.querySelector(".active li:last-child a")?.click(),
};

function press(key) {
	const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
	if (target?.matches("input"))
		target.select(), target.focus();
	else
		target?.click();
	return target;
}

document.addEventListener("keydown", e => {
	if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || !isOn() ||
		e.target.closest("input, select, textarea, dialog, [contenteditable]"))
		return;
	const chord = first && e.timeStamp - firstAt < CHORD_MS ? first + " " + e.key : "";
	first = !chord && e.key === "g" ? "g" : "";
	firstAt = e.timeStamp;
	if (first)
		return;
	const does = !chord && Object.hasOwn(DOES, e.key) && DOES[e.key];
	if (does)
		does();
	else if (!press(chord || e.key))
		return;
	e.preventDefault();
});

document.addEventListener("click", e => {
	if (!e.target.closest("[data-keys]") || e.ctrlKey || e.metaKey || e.shiftKey)
		return;
	e.preventDefault();
	help();
});
