//===- FrontEnds.cpp - the front ends that there are ------------------------------===//
#include "compiler/FrontEnds.h"
#include "compiler/onnx/OnnxFrontEnd.h"
#include "compiler/text/TextFrontEnd.h"

void plimsoll::registerFrontEnds() {
  frontend::registerFrontEnd(import::createOnnxFrontEnd());
  frontend::registerFrontEnd(text::createTextFrontEnd());
}
