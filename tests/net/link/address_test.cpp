#include <troupe/net/link/internal/address.hpp>

#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

using troupe::detail::address;
using troupe::detail::parse_address;

TEST_CASE("addresses have a host and a port, or a name") {
  address a = parse_address("tcp://example.org:8786");
  CHECK(a.scheme == address::kind::tcp);
  CHECK(a.host == "example.org");
  CHECK(a.first_port == 8786);
  CHECK(a.last_port == 8786);
  CHECK(parse_address("10.0.0.1:1").host == "10.0.0.1");
  CHECK(parse_address("tcp://:8786").host.empty());
  CHECK(parse_address("tcp://[fe80::1%eth0]:80").host == "fe80::1%eth0");
  CHECK(parse_address("[::1]:80").first_port == 80);
  CHECK(parse_address("tcp://0.0.0.0:8786-8790").last_port == 8790);
  CHECK(parse_address("inproc://a name").host == "a name");
  CHECK(parse_address("inproc://a name").scheme == address::kind::inproc);
}

TEST_CASE("what is no address is named, with what is wrong") {
  CHECK_THROWS_WITH(parse_address("tcp://host"), "\"tcp://host\" is not an address: it has no port");
  CHECK_THROWS_WITH(parse_address("tcp://[::1]"), Catch::Contains("has no port"));
  CHECK_THROWS_WITH(parse_address(""), Catch::Contains("has no port"));
  CHECK_THROWS_WITH(parse_address("tcp://::1:80"), Catch::Contains("brackets"));
  CHECK_THROWS_WITH(parse_address("tcp://[::1:80"), Catch::Contains("not closed"));
  CHECK_THROWS_WITH(parse_address("http://host:80"), Catch::Contains("schemes are tcp and inproc"));
  CHECK_THROWS_WITH(parse_address("inproc://"), Catch::Contains("no name"));
  CHECK_THROWS_WITH(parse_address("tcp://host:9-8"), Catch::Contains("ends before it begins"));
  for (auto const* port : {"", "x", "65536", "-1", "1-", "80 ", "+80"})
    CHECK_THROWS_AS(parse_address(std::string("tcp://host:") + port), troupe::error);
}
