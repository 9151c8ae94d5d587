"""Results -> what people take away: tables, pages, charts, pictures."""
