// Filters act when they are changed: the page is fetched and its main part takes the place of the old one.
// The address is the state.
const FORM = "form.filters";
let asked;

function address(form) {
	const to = new URL(form.action);
	for (const [name, value] of new FormData(form))
		if (value.trim())
			to.searchParams.append(name, value);
	return to.href;
}

// The part of the new page takes the place of the old one.
function take(page, what) {
	const old = document.querySelector(what), now = page.querySelector(what);
	if (old && now)
		old.replaceWith(document.adoptNode(now));
}

function put(page) {
	const focus = document.activeElement, { name } = focus, { scrollX, scrollY } = window;
	const mine = focus.closest(FORM), open = document.querySelector(FORM + " details")?.open;
	document.title = page.title;
	["header nav", "main", "footer"].forEach(part => take(page, part));
	const form = document.querySelector(FORM), more = form?.querySelector("details");
	if (more && open)
		more.open = true;
	if (mine) {
		const field = form?.elements.namedItem(name) ?? form?.querySelector("button") ?? document.querySelector("main");
		field.focus({ preventScroll: true });
		if (focus.value !== focus.defaultValue && focus.type === "text")
			field.value = focus.value; // still being typed
	}
	scrollTo(scrollX, scrollY);
	document.dispatchEvent(new Event("swapped"));
}

// keep: false when the browser is at the address already.
async function show(url, keep) {
	asked?.abort();
	asked = new AbortController();
	document.querySelector("main").setAttribute("aria-busy", "true");
	try {
		const answer = await fetch(url, { headers: { Accept: "text/html" }, signal: asked.signal });
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		if (!page.querySelector("main"))
			throw new Error("no page");
		if (keep) {
			history.replaceState({ filter: true }, "");
			history.pushState({ filter: true }, "", url);
		}
		put(page);
	} catch (error) {
		if (error.name !== "AbortError")
			location.assign(url);
	}
}

// While the year of a date is being typed, it is one of the first century.
function unfinished(field) {
	return field.type === "date" && (field.validity.badInput || (field.value && field.value < "1970"));
}

document.addEventListener("change", e => {
	const form = e.target.closest(FORM);
	if (form && !unfinished(e.target))
		show(address(form), true);
});

document.addEventListener("submit", e => {
	if (!e.target.matches(FORM) || e.defaultPrevented)
		return;
	e.preventDefault();
	const to = address(e.target);
	show(to, to !== location.href);
});

addEventListener("popstate", e => {
	if (e.state?.filter)
		show(location.href, false);
});
