"use strict";

/** The name of the document's bearer scheme, under which Swagger UI keeps a token. */
function bearerScheme(document) {
  const schemes = Object.entries(document.components?.securitySchemes ?? {});
  return schemes.find(([, scheme]) => scheme.type === "http" && scheme.scheme === "bearer")?.[0];
}

async function show() {
  const [stack, answer] = await Promise.all([fetch("/stack.json").then((found) => found.json()), fetch("/openapi.json")]);
  if (!answer.ok) throw new Error("docs/api/openapi.json does not exist yet: run `make openapi`");
  const spec = await answer.json();
  spec.servers = [{ url: "/", description: "this stack" }];
  const ui = SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "list",
    persistAuthorization: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
  actAs(ui, bearerScheme(spec), stack.tokens);
}

/**
 * Acts as the page's default principal until the reader chooses another one, or nobody. The choice outlives a reload;
 * the token does not, a new stack has new keys.
 * (A token that was pasted into Swagger UI's own dialog stays there until it is taken out.)
 */
function actAs(ui, scheme, tokens) {
  const choice = document.getElementById("principal");
  for (const name of Object.keys(tokens)) choice.add(new Option(name, name));
  const apply = () => {
    if (choice.value) ui.preauthorizeApiKey(scheme, tokens[choice.value]);
    else ui.authActions.logout([scheme]);
    localStorage.setItem("principal", choice.value);
  };
  choice.addEventListener("change", apply);
  const remembered = localStorage.getItem("principal") ?? choice.dataset.default;
  choice.value = remembered in tokens ? remembered : "";
  if (choice.value) apply();
}

show().catch((error) => (document.getElementById("state").textContent = error.message));
