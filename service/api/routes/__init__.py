"""The paths of the calibration service, one file each."""
