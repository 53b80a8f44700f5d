//===- ShownTest.cpp - escaping text from untrusted files -------------------===//
#include "plimsoll/Shown.h"

#include <gtest/gtest.h>

using namespace plimsoll;

namespace {

TEST(Shown, textStaysAsItIs) {
  for (const char *text : {"", "h.0.attn", "C:\\new 'a' \"b\" <c>", "模型 層 🙂 é"}) {
    EXPECT_EQ(shown(text), text);
    EXPECT_EQ(utf8(text), text);
  }
}

TEST(Shown, whatATerminalActsOnIsEscaped) {
  EXPECT_EQ(shown("a\nb\tc\rd\x1b[0m\x7f"), "a\\nb\\tc\\rd\\x1b[0m\\x7f");
  EXPECT_EQ(shown("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(shown("\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf"), "\\u2028\\u202e\\ufeff");
  EXPECT_EQ(shown("\xef\xbf\xbf\xf3\xa0\x80\x81"), "\\uffff\\U000e0001");
  EXPECT_EQ(shownLines("a\nb\x07"), "a\nb\\x07");
}

/// Stray and missing continuations, overlong forms, surrogates, and beyond the last character.
TEST(Shown, whatIsNoUtf8IsEscapedByteByByte) {
  EXPECT_EQ(utf8("a\xff"
                 "b"),
            "a\\xffb");
  EXPECT_EQ(utf8("\x80"), "\\x80");
  EXPECT_EQ(utf8("\xe2\x80"), "\\xe2\\x80");
  EXPECT_EQ(utf8("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(utf8("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
  EXPECT_EQ(utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(utf8("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(utf8("\n\xf0\x9f\x99\x82\xc3"), "\n\xf0\x9f\x99\x82\\xc3");
}

} // namespace
