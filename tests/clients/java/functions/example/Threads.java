package example;

import java.util.stream.IntStream;

/** Works in many threads at a time. */
class Threads {
  static int sum(int count) {
    int[] squares = new int[count];
    Thread[] threads =
        IntStream.range(0, count)
            .mapToObj(number -> new Thread(() -> squares[number] = number * number))
            .toArray(Thread[]::new);
    for (Thread thread : threads) {
      thread.start();
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException error) {
        throw new IllegalStateException(error);
      }
    }
    return IntStream.of(squares).sum();
  }
}
