"use strict";
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#viewer",
  // Its links to a place in the page stand inside buttons, which no screen reader can make sense of.
  deepLinking: false,
  validatorUrl: null,
});
// The headings below the title begin a level or two too low.
new MutationObserver(() => {
  for (const heading of document.querySelectorAll("h3.opblock-tag:not([aria-level]), .models > h4:not([aria-level])")) {
    heading.setAttribute("aria-level", "2");
  }
}).observe(document.getElementById("viewer"), { childList: true, subtree: true });
