// Shows the API's own document with Swagger UI, where it is installed; otherwise the plain list stays.
if (window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    url: "/api/openapi.json",
    dom_id: "#docs",
    deepLinking: true,
    validatorUrl: null, // the default would ask a host of Swagger's
  });
}
