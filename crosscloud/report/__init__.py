"""The status page: what the runs of all cells say of each project, as a site of plain files."""
