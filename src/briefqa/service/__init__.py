"""briefqa over HTTP: `app.create_app` makes it, `live` keeps it on the newest generation."""
