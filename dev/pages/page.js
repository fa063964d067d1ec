"use strict";

const byId = (id) => document.getElementById(id);

/** Puts `text` on the clipboard and says so on the button for a moment. */
async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1200);
}

function copyButton(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(button, text));
  return button;
}

/** A table row: what it is, its value, a button that copies the value. */
function row(table, name, value, isLong = false) {
  const line = byId(table).insertRow();
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const code = document.createElement("code");
  code.textContent = value;
  code.className = isLong ? "short" : "";
  line.append(head);
  line.insertCell().append(code);
  line.insertCell().append(copyButton(value));
}

function example(stack) {
  return [
    `TOKEN='${stack.tokens.owner}'`,
    `curl -s ${stack.api}/v1/uploads \\`,
    `  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `  -d '{"name": "hello.txt", "size": 6, "content_type": "text/plain"}'`,
    `# then: PUT the six bytes to signed.parts[0].url, and POST ${stack.api}/v1/uploads/{id}/complete with {}`,
  ].join("\n");
}

async function show() {
  const stack = await (await fetch("/stack.json")).json();
  row("places", "API", stack.api);
  row("places", "S3 endpoint", stack.s3);
  row("places", "Region", stack.region);
  row("places", "Access key", stack.access_key);
  row("places", "Secret key", stack.secret_key);
  row("places", "Incoming bucket", stack.incoming_bucket);
  row("places", "Published bucket", stack.published_bucket);
  row("places", "Process", String(stack.pid));
  for (const [name, token] of Object.entries(stack.tokens)) row("tokens", name, token, true);
  for (const [name, value] of Object.entries(stack.names)) row("names", name, value);
  if (!stack.uploader) byId("uploader").textContent = "The uploader page is not built: it needs Node 20 or newer, then make web";
  byId("example").textContent = example(stack);
  byId("state").textContent = "It is running.";
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  button.addEventListener("click", () => copy(button, byId(button.dataset.copies).textContent));
}
show().catch((error) => (byId("state").textContent = `Something is wrong: ${error.message}`));
