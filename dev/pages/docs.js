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
  const scheme = bearerScheme(spec);
  const choice = document.getElementById("principal");
  for (const name of Object.keys(stack.tokens)) choice.add(new Option(name, name));
  choice.disabled = scheme === undefined;
  choice.addEventListener("change", () => {
    if (choice.value) ui.preauthorizeApiKey(scheme, stack.tokens[choice.value]);
    else ui.authActions.logout([scheme]);
  });
}

show().catch((error) => (document.getElementById("state").textContent = error.message));
