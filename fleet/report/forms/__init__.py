"""The report as Markdown, HTML, pictures, JSON and in the terminal."""
