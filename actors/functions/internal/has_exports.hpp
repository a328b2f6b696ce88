#pragma once

/// Whether something was exported by this Troupe (export_function). Its name is one in C so that a library can be asked
/// for that of the Troupe which it may have brought along.
extern "C" bool troupe_has_exports() noexcept;
