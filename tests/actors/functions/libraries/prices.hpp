#pragma once

#include <string>
#include <vector>

namespace shop {

struct item {
  std::string name;
  std::vector<double> prices;
};

/// Inline: that of the program and that of a library are one function.
inline double highest(std::vector<double> const& prices) {
  double top = 0;
  for (double p : prices) top = p > top ? p : top;
  return top;
}

/// Neither; the library and the program define it differently.
int discount(int price);

}  // namespace shop
