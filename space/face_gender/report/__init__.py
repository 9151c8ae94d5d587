"""Results -> what people download: tables, pages, charts, pictures."""
