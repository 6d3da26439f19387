
"use strict";
// Sorts a table by a column and hides rows without the words that are typed. A cell's data-value
// is what it is sorted by; cells without one come last, whichever way.
(function () {
  function key(row, column) {
    const value = row.cells[column].dataset.value;
    return value === undefined || value === "" ? null : value;
  }

  function compare(a, b, numbers) {
    return numbers ? Number(a) - Number(b) : a.localeCompare(b);
  }

  function sort(table, column, descending) {
    const numbers = table.tHead.rows[0].cells[column].dataset.kind === "number";
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    rows.sort(function (first, second) {
      const a = key(first, column), b = key(second, column);
      if (a === null || b === null) {
        return (a === null) - (b === null);
      }
      return descending ? compare(b, a, numbers) : compare(a, b, numbers);
    });
    body.append(...rows);
  }

  function onHeading(table, heading) {
    const descending = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    sort(table, heading.cellIndex, descending);
  }

  function filter(table, text, count) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const there = row.textContent.toLowerCase();
      row.hidden = !words.every(function (word) { return there.includes(word); });
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = shown + " of " + table.tBodies[0].rows.length + " runs";
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const button of table.querySelectorAll("th button")) {
      button.disabled = false;
      button.addEventListener("click", function () {
        onHeading(table, button.closest("th"));
      });
    }
    const box = document.getElementById(table.id + "-filter");
    const count = document.getElementById(table.id + "-count");
    box.closest("p").hidden = false;
    box.addEventListener("input", function () { filter(table, box.value, count); });
    filter(table, "", count);
  }
})();
