// Names for the handles of the sliders: the widget gives them a value but no name, and a screen reader needs both.
function nameHandles() {
  for (const row of document.querySelectorAll(".what-if-row")) {
    const handle = row.querySelector(".noUi-handle"), name = row.querySelector(".what-if-name");
    if (!handle || !name) continue;
    const share = row.querySelector(".what-if-share");
    const said = [["aria-label", name.textContent.trim()], ["aria-valuetext", share ? share.textContent.trim() : ""]];
    for (const [key, value] of said) if (handle.getAttribute(key) !== value) handle.setAttribute(key, value);
  }
}
// Classes too: rows of folded groups get theirs after they are in the page.
new MutationObserver(nameHandles).observe(document.getElementById("rendered_cells"),
  {childList: true, subtree: true, attributes: true, attributeFilter: ["class"]});
