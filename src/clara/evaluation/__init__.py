"""How good the answers are: metrics with intervals, systems to compare with, a report with plots."""
