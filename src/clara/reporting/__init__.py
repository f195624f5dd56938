"""Pages and plots that every report is made of: one HTML file, no script, nothing loaded from elsewhere."""
