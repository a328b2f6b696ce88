int function_that_nobody_has();
int needs_it() { return function_that_nobody_has(); }
