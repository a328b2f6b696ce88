// expect: a plugin derives from one of troupe::worker_plugin, scheduler_plugin and nanny_plugin
#include <troupe/actors/client/client.hpp>

#include <string>

struct database {
  explicit database(std::string where);
};

void use(troupe::client const& client) {
  auto registering = client.register_plugin<database>("db://prices");  // HERE
}
