#include "program.hpp"

#include "beside.hpp"

namespace troupe::test {

detail::child_options program(std::vector<std::string> const& arguments, lines* output) {
  detail::child_options options;
  options.command = {beside("process_test_program")};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  if (output) options.on_output = output->collector();
  return options;
}

}  // namespace troupe::test
