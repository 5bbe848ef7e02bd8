#!/bin/bash
set -uxo pipefail
source /opt/miniconda3/bin/activate
conda activate testbed
cd /testbed
git config --global --add safe.directory /testbed
cd /testbed
git status
git show
git -c core.fileMode=false diff a0d430b307f75eeb8021134ec1b6747f10ecb63e
source /opt/miniconda3/bin/activate
conda activate testbed
python -m pip install -e .
git checkout a0d430b307f75eeb8021134ec1b6747f10ecb63e tests/test_spans.py
git apply -v - <<'EOF_114329324912'
diff --git a/tests/test_spans.py b/tests/test_spans.py
index 8aa5ad1..67143c3 100644
--- a/tests/test_spans.py
+++ b/tests/test_spans.py
@@ -14,6 +14,18 @@ class Seconds(unittest.TestCase):
         self.assertEqual(spans.seconds("90m"), 5400)
 
 
+    def test_days_count(self):
+        self.assertEqual(spans.seconds("1d2h"), 93600)
+
+    def test_words_are_refused(self):
+        with self.assertRaises(ValueError):
+            spans.seconds("soon")
+
+    def test_leftovers_are_refused(self):
+        with self.assertRaises(ValueError):
+            spans.seconds("1h 30m")
+
+
 class Show(unittest.TestCase):
     def test_units_that_are_needed(self):
         self.assertEqual(spans.show(5405), "1h30m5s")
@@ -21,6 +33,9 @@ class Show(unittest.TestCase):
     def test_nothing(self):
         self.assertEqual(spans.show(0), "0s")
 
+    def test_days_are_shown(self):
+        self.assertEqual(spans.show(90000), "1d1h")
+
     def test_a_negative_span_is_refused(self):
         with self.assertRaises(ValueError):
             spans.show(-1)

EOF_114329324912
: '>>>>> Start Test Output'
python -m unittest --verbose tests.test_spans
: '>>>>> End Test Output'
git checkout a0d430b307f75eeb8021134ec1b6747f10ecb63e tests/test_spans.py
