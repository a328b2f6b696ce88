#include <troupe/actors/cluster/config/values.hpp>

#include <catch2/catch.hpp>

#include <chrono>

using namespace std::chrono_literals;
using namespace troupe::detail;

TEST_CASE("sizes have decimal and binary units in any case") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("123") == 123);
  CHECK(parse_size("4GB") == 4'000'000'000);
  CHECK(parse_size("4 GiB") == 4ULL << 30);
  CHECK(parse_size(" 512mib ") == 512ULL << 20);
  CHECK(parse_size("1.5k") == 1500);
  CHECK(parse_size("1e9") == 1'000'000'000);
  CHECK(parse_size("1e3 kB") == 1'000'000);
  CHECK(parse_size("2PB") == 2'000'000'000'000'000);
}

TEST_CASE("what is no size is told with what was written") {
  CHECK_THROWS_WITH(parse_size("4XB"), "takes a size such as 4GB or 512MiB, not '4XB'");
  for (auto text : {"", "GB", "-1", "4GB5", "nan", "inf", "4 4"}) CHECK_THROWS_AS(parse_size(text), bad_value);
  CHECK_THROWS_WITH(parse_size("1e30"), "takes a size below 16 EiB, not '1e30'");
}

TEST_CASE("durations are numbers with units, or seconds") {
  CHECK(parse_duration("30") == 30s);
  CHECK(parse_duration("0") == 0s);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("1.5h") == 90min);
  CHECK(parse_duration("1 day 12 hours") == 36h);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("2 Minutes") == 2min);
  CHECK(parse_duration("250us") == 250us);
}

TEST_CASE("what is no duration is told with what was written") {
  CHECK_THROWS_WITH(parse_duration("soon"), "takes a time such as 30s, 500ms or 1h 30m, not 'soon'");
  for (auto text : {"", "s", "-1s", "1h 30", "3 parsecs", "1h,2m", "5s!"})
    CHECK_THROWS_AS(parse_duration(text), bad_value);
  CHECK_THROWS_WITH(parse_duration("1e9 days"), "takes a time of less than 100 years, not '1e9 days'");
}

TEST_CASE("a duration's text means the same duration") {
  for (troupe::duration d : {troupe::duration(0s), troupe::duration(90min), troupe::duration(1500ms),
                             troupe::duration(1ns), troupe::duration(36h + 5s), troupe::duration(100ms)})
    CHECK(parse_duration(duration_text(d)) == d);
  CHECK(duration_text(90min) == "1h 30m");
  CHECK(duration_text(0s) == "0s");
}

TEST_CASE("counts are whole numbers from a least one on") {
  CHECK(parse_count("0") == 0);
  CHECK(parse_count("17", 1) == 17);
  CHECK_THROWS_WITH(parse_count("0", 1), "takes a number from 1 on, not '0'");
  for (auto text : {"", "-1", "1.5", "x", "99999999999"}) CHECK_THROWS_AS(parse_count(text), bad_value);
}

TEST_CASE("fractions lie between 0 and 1") {
  CHECK(parse_fraction("0.95") == 0.95);
  CHECK(parse_fraction("1") == 1.0);
  CHECK_THROWS_WITH(parse_fraction("1.1"), "takes a number from 0 to 1, not '1.1'");
  CHECK_THROWS_AS(parse_fraction("half"), bad_value);
}

TEST_CASE("flags are said in several ways") {
  for (auto text : {"true", "Yes", "on", "1"}) CHECK(parse_flag(text));
  for (auto text : {"false", "NO", "off", "0"}) CHECK_FALSE(parse_flag(text));
  CHECK_THROWS_WITH(parse_flag("maybe"), "takes true or false, not 'maybe'");
}

TEST_CASE("resources are names with amounts") {
  CHECK(parse_resources("").empty());
  CHECK(parse_resources("GPU=2, MEM=1e9") == std::map<std::string, double>{{"GPU", 2}, {"MEM", 1e9}});
  CHECK_THROWS_WITH(parse_resources("GPU"), "takes names with amounts such as GPU=2,MEM=1e9, not 'GPU'");
  CHECK_THROWS_WITH(parse_resources("GPU=many"), "takes amounts from 0 on, such as 2 or 1e9, not 'many'");
  CHECK_THROWS_WITH(parse_resources("GPU=1,GPU=2"), "takes each name once, not 'GPU' twice");
  CHECK_THROWS_AS(parse_resources("=2"), bad_value);
  CHECK_THROWS_AS(parse_resources("GPU=-1"), bad_value);
}

TEST_CASE("ports are one or a range") {
  CHECK(parse_ports("8786") == port_range{8786, 8786});
  CHECK(parse_ports("9000:9010") == port_range{9000, 9010});
  CHECK(to_string(parse_ports("9000:9010")) == "9000-9010");
  CHECK(to_string(parse_ports("0")) == "0");
  CHECK(parse_ports("8786").single());
  CHECK_FALSE(parse_ports("0").single());
  for (auto text : {"", "x", "70000", "9010:9000", "1:", ":1", "0:5", "-1", "1:2:3"})
    CHECK_THROWS_AS(parse_ports(text), bad_value);
}

TEST_CASE("an address without scheme is tcp, without port the usual one") {
  CHECK(parse_address("host") == "tcp://host:8786");
  CHECK(parse_address("host:1") == "tcp://host:1");
  CHECK(parse_address("tcp://10.0.0.1") == "tcp://10.0.0.1:8786");
  CHECK(parse_address("tls://a.b.c:99") == "tls://a.b.c:99");
  CHECK(parse_address("[::1]:80") == "tcp://[::1]:80");
  CHECK(parse_address("::1") == "tcp://[::1]:8786");
  CHECK(parse_address("tcp://[fe80::1%eth0]") == "tcp://[fe80::1%eth0]:8786");
  CHECK(parse_address("host", 0) == "tcp://host:0");
  CHECK(parse_address("inproc://here") == "inproc://here");
}

TEST_CASE("what is no address is told with the reason") {
  CHECK_THROWS_WITH(parse_address("http://x"),
                    "takes an address such as tcp://host:8786, not 'http://x': there is no transport 'http'");
  CHECK_THROWS_WITH(parse_address("host:web"),
                    "takes an address such as tcp://host:8786, not 'host:web': 'web' is no port");
  CHECK_THROWS_WITH(parse_address(":8786"),
                    "takes an address such as tcp://host:8786, not ':8786': the host is missing");
  for (auto text : {"", "tcp://", "a b", "host:70000", "[::1", "[::1]x", "host/path", "inproc://"})
    CHECK_THROWS_AS(parse_address(text), bad_value);
}

TEST_CASE("sizes are shown with one digit after the point") {
  CHECK(size_text(0) == "0 B");
  CHECK(size_text(999) == "999 B");
  CHECK(size_text(4'000'000'000) == "4.0 GB");
  CHECK(size_text(999'960) == "1.0 MB");
}
