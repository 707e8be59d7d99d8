/* A host that has replaced malloc and operator new: the library uses both, gives each block back to
 * the one that it came from, and keeps none. */
#include "guest.h"
#include "own_new.h"
#include "support/own_allocator.h"

static void every_block_goes_back(void **state) {
  const struct place *place = *state;
  const struct guest guest = invite();
  const int64_t none = news_alive();
  repolock_client_t *client = open_as_guest(&guest, place->url);
  assert_true(news_alive() > none + 5); /* the library does come here */
  guest.client_free(client);
  work(&guest, place->url);
  await_solitude();
  const struct house before = look_around();
  const int64_t news = news_alive(), blocks = blocks_alive();
  for (int day = 0; day < 50; ++day) work(&guest, place->url);
  assert_as_it_was(&before);
  assert_true(news_alive() == news);
  assert_true(blocks_alive() == blocks);
  dlclose(guest.handle);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(every_block_goes_back),
  };
  return RUN(tests);
}
