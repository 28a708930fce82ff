// "No to all the rest": what was looked for and not found is answered in one go; what was answered stays.

for (const button of document.querySelectorAll("[data-none]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const questions = [...button.closest(".assess__more").querySelectorAll(".sign")];
    const open = questions.filter((question) => question.querySelector('input[value=""]:checked'));
    for (const question of open) question.querySelector('input[value="n"]').checked = true;
    open.at(-1)?.querySelector("input:checked").dispatchEvent(new Event("change", { bubbles: true }));
  });
}
