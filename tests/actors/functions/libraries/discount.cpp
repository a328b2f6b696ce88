#include "prices.hpp"

#include <troupe/actors/functions/export_task.hpp>

namespace shop {

int discount(int price) { return price - DISCOUNT; }

namespace {
auto const exported = troupe::export_task<&discount>("discount");
}

}  // namespace shop
