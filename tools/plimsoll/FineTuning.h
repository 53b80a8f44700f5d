//===- FineTuning.h - --lora and --teacher ---------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_FINETUNING_H
#define PLIMSOLL_TOOLS_PLIMSOLL_FINETUNING_H

#include "compiler/pipeline/Pipeline.h"

namespace plimsoll::cli {

/// Parses `REGEX,rank=8,alpha=16`. False, with `error` set, if `text` is not of that form. An empty
/// text sets nothing.
bool parseLora(llvm::StringRef text, std::optional<pipeline::LoraOptions> &lora,
               std::string &error);
/// Parses `FILE.onnx,weight=0.5,temperature=2,output=NAME` in the same way.
bool parseTeacher(llvm::StringRef text, std::optional<pipeline::TeacherOptions> &teacher,
                  std::string &error);

/// Parses `FILE.safetensors,alpha=16` in the same way.
bool parseAdapters(llvm::StringRef text, std::string &file, std::optional<double> &alpha,
                   std::string &error);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_FINETUNING_H
