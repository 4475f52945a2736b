"""What browsers report: errors of scripts, and how fast pages were."""
