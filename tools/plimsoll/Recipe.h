//===- Recipe.h - loss, optimizer, groups and clipping, as typed -------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_RECIPE_H
#define PLIMSOLL_TOOLS_PLIMSOLL_RECIPE_H

#include "tools/plimsoll/Options.h"

namespace plimsoll::cli {

/// Checks and converts what says how the model is trained; what is wrong, a line each.
std::vector<std::string> parseRecipe(const RawOptions &raw, pipeline::CompileOptions &options);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_RECIPE_H
