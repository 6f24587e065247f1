"""What is measured: learning curves, sweeps over grids, tables with provenance."""
