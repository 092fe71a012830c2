"""Everything that people see of Parley on Discord: answers, pages and components."""
