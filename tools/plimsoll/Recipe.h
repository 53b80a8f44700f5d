//===- Recipe.h - parses loss, optimizer, groups and clipping ----------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_RECIPE_H
#define PLIMSOLL_TOOLS_PLIMSOLL_RECIPE_H

#include "tools/plimsoll/Options.h"

namespace plimsoll::cli {

/// Checks and converts the options that say how the model is trained. Returns the problems, one
/// line each.
std::vector<std::string> parseRecipe(const NetworkOptions &network, const RecipeOptions &recipe,
                                     pipeline::CompileOptions &options);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_RECIPE_H
