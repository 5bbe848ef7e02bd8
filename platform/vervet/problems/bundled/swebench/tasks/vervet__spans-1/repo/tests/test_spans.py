import unittest

import spans


class Seconds(unittest.TestCase):
    def test_one_unit(self):
        self.assertEqual(spans.seconds("45s"), 45)

    def test_units_add_up(self):
        self.assertEqual(spans.seconds("1h30m"), 5400)

    def test_many_of_a_unit(self):
        self.assertEqual(spans.seconds("90m"), 5400)


class Show(unittest.TestCase):
    def test_units_that_are_needed(self):
        self.assertEqual(spans.show(5405), "1h30m5s")

    def test_nothing(self):
        self.assertEqual(spans.show(0), "0s")

    def test_a_negative_span_is_refused(self):
        with self.assertRaises(ValueError):
            spans.show(-1)


if __name__ == "__main__":
    unittest.main()
