// Not drawn yet.
export function mount(main) {
  const head = document.createElement("h1");
  head.textContent = "home";
  main.append(head);
}
