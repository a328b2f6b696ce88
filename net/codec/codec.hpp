#pragma once

/// Values as bytes: msgpack items, written and read by type, structs without macros. hooks.hpp says how a type of one's
/// own takes part; travels.hpp which types can.

#include <troupe/net/codec/decode.hpp>
#include <troupe/net/codec/encode.hpp>
#include <troupe/net/codec/error.hpp>
#include <troupe/net/codec/nbytes.hpp>
