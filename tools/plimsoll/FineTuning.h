//===- FineTuning.h - --lora and --teacher ---------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_FINETUNING_H
#define PLIMSOLL_TOOLS_PLIMSOLL_FINETUNING_H

#include "compiler/pipeline/Pipeline.h"

namespace plimsoll::cli {

/// `REGEX,rank=8,alpha=16`; false, with `error` set, where that is not what `text` is. An empty
/// text sets nothing.
bool parseLora(llvm::StringRef text, std::optional<pipeline::LoraOptions> &lora,
               std::string &error);
/// `FILE.onnx,weight=0.5,temperature=2,output=NAME`, likewise.
bool parseTeacher(llvm::StringRef text, std::optional<pipeline::TeacherOptions> &teacher,
                  std::string &error);

/// `FILE.safetensors,alpha=16`, likewise.
bool parseAdapters(llvm::StringRef text, std::string &file, std::optional<double> &alpha,
                   std::string &error);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_FINETUNING_H
