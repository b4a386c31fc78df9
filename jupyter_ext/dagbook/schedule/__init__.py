"""When a schedule is due: functions of instants alone. Knows no clock, no file and no run."""
