// What a page does with <portway-uploader>: give it an endpoint and a token, listen, send its ids with a form.
const uploader = document.querySelector("portway-uploader");
const output = document.querySelector("output");

// The local stack says where it is. Yours has an address that you know, and a token from your own sign-in.
const stack = await (await fetch("../../.portway/dev.json")).json();
uploader.setAttribute("endpoint", stack.api);
uploader.token = () => stack.tokens.owner; // a function is asked again whenever a token is needed

uploader.addEventListener("portway-complete", ({ detail }) => {
  output.append(`${detail.name} is file ${detail.id}\n`);
});
uploader.addEventListener("portway-error", ({ detail }) => {
  output.append(`${detail.name}: ${detail.error.code}\n`);
});

document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  output.append(`would be sent: ${new URLSearchParams(new FormData(event.target))}\n`);
});
