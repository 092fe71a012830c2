"""The pages, one module for each subject: they read a request, ask assistant or catalogue, and fill a template."""
