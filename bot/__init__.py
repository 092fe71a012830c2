"""The assistant: decides, remembers, reports, starts and stops. The only place that joins the edge and the core."""
