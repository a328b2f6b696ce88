int no_tasks_here() { return 1; }
