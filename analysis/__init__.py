"""From run folders to numbers, tables and figures; reads only the store."""
