// Not drawn yet.
export function mount(main) {
  const head = document.createElement("h1");
  head.textContent = "enrol";
  main.append(head);
}
