// Says what the column under the pointer counts, in the words of its <title>; the arrow keys go along the columns, Enter opens
// the records of one.
const COLUMNS = ".column, .nodata";

function readout(svg) {
	const box = svg.closest(".scroll");
	let out = box.nextElementSibling;
	if (!out?.matches(".readout")) {
		out = document.createElement("p");
		out.className = "readout";
		out.setAttribute("aria-live", "polite");
		box.after(out);
	}
	return out;
}

function clear(svg) {
	svg.querySelector(".on")?.classList.remove("on");
	readout(svg).textContent = "";
}

function say(svg, column) {
	clear(svg);
	column.classList.add("on");
	readout(svg).textContent = column.querySelector("title").textContent;
}

// From left to right.
function columns(svg) {
	const at = c => c.getBoundingClientRect().left;
	return [...svg.querySelectorAll(COLUMNS)].filter(c => c.querySelector("title")).sort((a, b) => at(a) - at(b));
}

function nearest(svg, x) {
	const away = c => {
		const box = c.getBoundingClientRect();
		return Math.abs(box.left + box.width / 2 - x);
	};
	return columns(svg).reduce((best, c) => !best || away(c) < away(best) ? c : best, null);
}

const chartOf = e => e.target.closest("svg.chart");

document.addEventListener("pointermove", e => {
	const svg = chartOf(e), column = svg && nearest(svg, e.clientX);
	if (column && !column.classList.contains("on"))
		say(svg, column);
});

document.addEventListener("pointerout", e => {
	const svg = chartOf(e);
	if (svg && !svg.contains(e.relatedTarget))
		clear(svg);
});

document.addEventListener("focusin", e => {
	const svg = chartOf(e), column = svg && e.target.closest(COLUMNS);
	if (column)
		say(svg, column);
});

document.addEventListener("keydown", e => {
	const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
	const on = e.key === "Enter" && e.target.matches(".scroll") && e.target.querySelector("a.on");
	if (on)
		location = on.href.baseVal;
	const svg = step && e.target.matches(".scroll") && e.target.querySelector("svg.chart");
	if (!svg || e.ctrlKey || e.metaKey || e.altKey)
		return;
	const all = columns(svg), at = all.findIndex(c => c.classList.contains("on"));
	const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
	if (next) {
		say(svg, next);
		next.scrollIntoView({ block: "nearest", inline: "nearest" });
	}
	e.preventDefault();
});

document.addEventListener("focusout", e => {
	const svg = e.target.querySelector?.("svg.chart") ?? chartOf(e);
	if (svg)
		clear(svg);
});
