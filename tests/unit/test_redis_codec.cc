// What goes to a Redis server and what comes from it, in bytes.
#include <array>
#include <string>
#include <vector>

#include "backend/redis/codec.h"

#include "support/cmocka.h"

namespace {

using repolock::backend::redis::append_command;
using repolock::backend::redis::Decoder;
using repolock::backend::redis::Reply;

// As it would be printed: (1 "text" +status -error nil).
std::string words_of(const Reply &reply) {
  switch (reply.kind) {
    case Reply::Kind::kNil:
      return "nil";
    case Reply::Kind::kInteger:
      return std::to_string(reply.integer);
    case Reply::Kind::kText:
      return '"' + reply.text + '"';
    case Reply::Kind::kStatus:
      return '+' + reply.text;
    case Reply::Kind::kError:
      return '-' + reply.text;
    case Reply::Kind::kArray:
      break;
  }
  std::string out = "(";
  for (const Reply &element : reply.elements)
    out += (out.size() > 1 ? " " : "") + words_of(element);
  return out + ')';
}

std::string decoded(Decoder &decoder) {
  std::string out;
  while (const auto reply = decoder.next()) out += words_of(*reply) + ';';
  return out;
}

std::string decode(const std::string &bytes) {
  Decoder decoder;
  decoder.feed(bytes.data(), bytes.size());
  const std::string out = decoded(decoder);
  return decoder.error().empty() ? out : "error: " + decoder.error();
}

void commands(void **) {
  std::string out = "before ";
  append_command(out, std::array<std::string_view, 3>{"SET", "a b", std::string_view("\r\n\0", 3)});
  using namespace std::string_view_literals;
  assert_true(out == "before *3\r\n$3\r\nSET\r\n$3\r\na b\r\n$3\r\n\r\n\0\r\n"sv);
  append_command(out, std::array<std::string_view, 2>{"GET", ""});
  assert_true(out.ends_with("*2\r\n$3\r\nGET\r\n$0\r\n\r\n"));
}

constexpr char kReplies[] =
    "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n$0\r\n\r\n$4\r\n\r\n\r\n\r\n*-1\r\n*0\r\n"
    "*3\r\n:1\r\n*2\r\n$1\r\na\r\n*1\r\n+b\r\n-NOSCRIPT x\r\n:9007199254740993\r\n";
constexpr char kWords[] =
    "+OK;-ERR no;-7;nil;\"\";\"\r\n\r\n\";nil;();"
    "(1 (\"a\" (+b)) -NOSCRIPT x);9007199254740993;";

void replies(void **) {
  assert_string_equal(decode(kReplies).c_str(), kWords);
}

void replies_in_any_pieces(void **) {
  const std::string bytes = kReplies;
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    Decoder decoder;
    std::string out;
    assert_true(decoder.feed(bytes.data(), cut));
    out += decoded(decoder);
    assert_true(decoder.feed(bytes.data() + cut, bytes.size() - cut));
    out += decoded(decoder);
    assert_string_equal(out.c_str(), kWords);
  }
  Decoder decoder;
  std::string out;
  for (const char byte : bytes) {
    assert_true(decoder.feed(&byte, 1));
    out += decoded(decoder);
  }
  assert_string_equal(out.c_str(), kWords);
}

void what_is_no_reply_ends_it(void **) {
  for (const std::string bytes :
       {"HTTP/1.1 400 Bad Request\r\n", ":x\r\n", "$-2\r\n", "*-2\r\n", "$9999999999999999999\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}) {
    Decoder decoder;
    decoder.feed(bytes.data(), bytes.size());
    assert_false(decoder.next().has_value());
    if (decoder.error().empty()) fail_msg("believed: %s", bytes.c_str());
    assert_false(decoder.feed("+OK\r\n", 5));
    assert_false(decoder.next().has_value());
  }
}

void a_hostile_length_costs_no_memory(void **) {
  assert_string_equal(decode("*200001\r\n").c_str(), "error: a reply of more than 200000 elements");
  assert_string_equal(decode("*2\r\n*100000\r\n").c_str(), "");
  assert_string_equal(decode("*2147483647\r\n").c_str(),
                      "error: a reply of more than 200000 elements");
  // So much for one reply; the next one starts anew.
  std::string nested = "*2\r\n*199998\r\n";
  for (int i = 0; i < 199998; ++i) nested += ":1\r\n";
  nested += ":2\r\n";
  Decoder decoder;
  for (int i = 0; i < 3; ++i) {
    assert_true(decoder.feed(nested.data(), nested.size()));
    assert_true(decoder.next().has_value());
  }
  // A bulk of 2 GB is not waited for to its end.
  Decoder other;
  const std::string piece(size_t{1} << 20, 'x');
  assert_true(other.feed("$2000000000\r\n", 13));
  int pieces = 0;
  while (other.error().empty() && pieces < 100) {
    other.feed(piece.data(), piece.size());
    assert_false(other.next().has_value());
    ++pieces;
  }
  assert_in_range(pieces, 16, 17);
  assert_string_equal(other.error().c_str(), "a reply of more than 16 MiB");
}

// Of which each is small enough.
void many_bulks_are_one_reply(void **) {
  const std::string bulk = "$8388608\r\n" + std::string(size_t{8} << 20, 'x') + "\r\n";
  Decoder decoder;
  for (int i = 0; i < 2; ++i) {
    assert_true(decoder.feed("*2\r\n", 4));
    assert_true(decoder.feed(bulk.data(), bulk.size()));
    assert_false(decoder.next().has_value());
    assert_true(decoder.feed(bulk.data(), bulk.size()));
    assert_true(decoder.next().has_value());
  }
  assert_true(decoder.feed("*100000\r\n", 9));
  int bulks = 0;
  while (decoder.error().empty() && bulks < 10) {
    decoder.feed(bulk.data(), bulk.size());
    assert_false(decoder.next().has_value());
    ++bulks;
  }
  assert_int_equal(bulks, 3);
  assert_string_equal(decoder.error().c_str(), "a reply of more than 16 MiB");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(commands),
      cmocka_unit_test(replies),
      cmocka_unit_test(replies_in_any_pieces),
      cmocka_unit_test(what_is_no_reply_ends_it),
      cmocka_unit_test(a_hostile_length_costs_no_memory),
      cmocka_unit_test(many_bulks_are_one_reply),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
