// expect: a type cannot travel: it needs encode
#include <troupe/actors/client/client.hpp>

#include <vector>

class secret {
 public:
  secret() = default;
  explicit secret(int x) : x_(x) {}

 private:
  int x_ = 0;
};

int look(secret const& s);

void use(troupe::client const& client) {
  auto f = client.map<look>(std::vector<secret>(2));  // HERE
}
