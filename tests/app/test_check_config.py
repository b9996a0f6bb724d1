#!/usr/bin/env python3
"""check-config as a person runs it: the verdict first, and what it is about."""
import pathlib
import re
import unittest

from command_line import Case

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class CheckConfig(Case):
    def run_cli(self, *args, env=None, **kwargs):
        """As a person who has a region."""
        return super().run_cli(*args, env={"AWS_REGION": "us-east-1", **(env or {})}, **kwargs)

    def written(self, text):
        file = self.scratch() / "b.toml"
        file.write_text(text)
        return file

    def test_a_good_file_is_printed_with_the_origin_of_each_value(self):
        file = self.written('max_workers = 3\n[pool.default]\nimage = "ami-1"\n')
        done = self.run_cli("check-config", "--all", str(file), "--name", "lab",
                            env={**KEYS, "COMPUTE_BROKER_AWS_REGION": "eu-west-1"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines()[0], f"# {file} is good")
        for line in (rf'max_workers = 3 +# {file}:1',
                     r'max_connections = 0 +# default: the descriptor limit less 256', r'name = "lab" +# flag --name',
                     r'region = "eu-west-1" +# environment COMPUTE_BROKER_AWS_REGION',
                     r'idle_timeout = "15m" +# default'):
            self.assertRegex(done.stdout, rf"(?m)^{line}$")
        again = self.scratch() / "again.toml"
        again.write_text(done.stdout)
        self.assertEqual(self.run_cli("check-config", str(again)).returncode, 0)

    def test_subnets_said_in_either_way_are_printed_in_one_that_can_be_read_again(self):
        several = 'subnets = ["subnet-1", "subnet-2"]'
        for said, printed in (('subnet = "subnet-1"', 'subnets = ["subnet-1"]'),
                              (several, several)):
            file = self.written(f'[pool.default]\nimage = "ami-1"\n{said}\n')
            done = self.run_cli("check-config", "--all", str(file), env=KEYS)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, rf"(?m)^{re.escape(printed)} +# {file}:3$")
            self.assertEqual(done.stdout.count("\nsubnet"), 1)
            again = self.scratch() / "again.toml"
            again.write_text(done.stdout)
            self.assertEqual(self.run_cli("check-config", str(again)).returncode, 0)

    def test_what_is_of_regions_is_printed_so_that_it_can_be_read_again(self):
        file = self.written('[pool.default]\nimage = "ami-1"\nregions = ["us-east-1", "eu-west-1"]\n'
                            'images = { eu-west-1 = "ami-2" }\n'
                            'subnet = "subnet-1"\nregion_subnets = { eu-west-1 = ["subnet-2", "subnet-3"] }\n'
                            'security_groups = ["sg-1"]\n'
                            'region_security_groups = { eu-west-1 = "sg-2" }\n')
        done = self.run_cli("check-config", "--all", str(file), env=KEYS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for printed in ('images = { eu-west-1 = ["ami-2"] }',
                        'region_subnets = { eu-west-1 = ["subnet-2", "subnet-3"] }'):
            self.assertRegex(done.stdout, rf"(?m)^{re.escape(printed)} +# {file}:[0-9]$")
        again = self.scratch() / "again.toml"
        again.write_text(done.stdout)
        once_more = self.run_cli("check-config", "--all", str(again), env=KEYS)
        self.assertEqual((once_more.returncode, once_more.stderr), (0, ""))

    def test_defaults_may_name_more_regions_than_a_pool_launches_in(self):
        file = self.written('[defaults]\nimages = { us-east-1 = "ami-1", eu-west-1 = "ami-2" }\n'
                            '[pool.near]\nregions = ["us-east-1"]\n'
                            '[pool.both]\nregions = ["us-east-1", "eu-west-1"]\n')
        done = self.run_cli("check-config", str(file), env=KEYS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_one_endpoint_for_several_regions_is_told_of(self):
        file = self.written('[aws]\nendpoint = "https://vpce-1.ec2.us-east-1.vpce.amazonaws.com"\n'
                            '[pool.default]\nimage = "resolve:ssm:/lab/dserv"\n'
                            'regions = ["us-east-1", "eu-west-1"]\n')
        done = self.run_cli("check-config", str(file), env=KEYS)
        self.assertEqual(done.returncode, 0)
        self.assertIn("aws.endpoint is one for all regions", " ".join(done.stderr.split()))

    def test_what_one_region_knows_is_not_asked_of_another(self):
        two = 'regions = ["us-east-1", "eu-west-1"]\n'
        for said, fault in (
                ('image = "ami-1"\n' + two,
                 "image names ami-1 for us-east-1 and eu-west-1, but an id is known in one region "
                 "only: name those of the others in pool.default.images"),
                ('images = { us-east-1 = "ami-1" }\n' + two,
                 "images names no image for eu-west-1, and pool.default.image is not set"),
                ('image = "resolve:ssm:/lab/dserv"\nsubnets = ["subnet-1"]\n' + two,
                 "subnets names subnet-1 for us-east-1 and eu-west-1, but an id is known in one "
                 "region only: name those of the others in pool.default.region_subnets"),
                ('image = "resolve:ssm:/lab/dserv"\nsecurity_groups = ["dserv", "sg-1"]\n' + two,
                 "security_groups names sg-1 for us-east-1 and eu-west-1, but an id is known in one "
                 "region only: name those of the others in pool.default.region_security_groups"),
                ('image = "ami-1"\nregions = ["eu-west-1"]\nimages = { us-west-2 = "ami-2" }\n',
                 "images names us-west-2, where this pool does not launch: add it to regions, or "
                 "take it out"),
                ('image = "ami-1"\nregion_subnets = { eu-wset-1 = "subnet-1" }\n',
                 "region_subnets: eu-wset-1 is no AWS region; did you mean eu-west-1?"),
                ('image = "ami-1"\nregions = ["eu-wset-1"]\n',
                 "regions: eu-wset-1 is no AWS region; did you mean eu-west-1?"),
                ('image = "ami-1"\nregions = ["eu-west-1", "eu-west-1"]\n',
                 "regions names eu-west-1 twice"),
                ('images = { us-east-1 = ["ami-1", "ami-2"], eu-west-1 = "ami-3" }\n' + two,
                 "images names 2 images for us-east-1: name one"),
                ('image = "ami-1"\nimages = ["ami-2"]\n',
                 'images takes a table of 0 to 16 regions, such as { eu-west-1 = "a", us-west-2 = '
                 '["b", "c"] }; it is a list of something else')):
            file = self.written("[pool.default]\n" + said)
            done = self.run_cli("check-config", str(file), env=KEYS)
            self.assertEqual((done.returncode, done.stdout), (1, ""), said)
            self.assertIn(f"pool.default.{fault}", " ".join(done.stderr.split()), said)

    def test_warm_windows_say_what_they_ask_for_in_a_month(self):
        file = self.scratch() / "b.toml"
        warm = ('[{ schedule = "Mon-Fri 08:00-18:00 America/New_York", workers = 2 }, '
                '{ schedule = "2030-12-25 00:00-24:00 America/New_York", workers = 0 }]')
        file.write_text(f'[pool.default]\nimage = "ami-1"\nwarm = {warm}\n')
        done = self.run_cli("check-config", str(file), env=KEYS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        month = re.search(r"(?m)^# warm: pool default, Mon-Fri 08:00-18:00 America/New_York: "
                          r"about (\d+) h a month of c7i.16xlarge \(the mean of a year\)$",
                          done.stdout)
        self.assertTrue(month, done.stdout)
        self.assertAlmostEqual(int(month.group(1)), 261 * 10 * 2 / 12, delta=5)
        self.assertIn("# warm: pool default, 2030-12-25 00:00-24:00 America/New_York: wants none",
                      done.stdout)
        again = self.scratch() / "again.toml"
        again.write_text(done.stdout)
        self.assertIn(f"warm = {warm} #", self.run_cli("check-config", str(again), env=KEYS).stdout)

    def test_a_bad_warm_window_is_named_with_what_is_wanted(self):
        file = self.written('[pool.default]\nimage = "ami-1"\n'
                            'warm = [{ schedule = "Mon-Fri 8-18 Mars/Olympus", workers = 1 }]\n')
        done = self.run_cli("check-config", str(file))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.splitlines()[1],
                         f'{file}:3: pool.default.warm: schedule "Mon-Fri 8-18 Mars/Olympus": "8-18" '
                         "is no window: write hours and minutes of 24 hours, such as 08:00-18:00, or "
                         "00:00-24:00 for a whole day")

    def test_every_fault_of_a_bad_file_is_named(self):
        file = self.written("max_wokers = 3\nidle_timeout = 900\n")
        done = self.run_cli("check-config", str(file))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        verdict, first, second = done.stderr.splitlines()
        self.assertEqual(verdict, "not good: 2 faults")
        self.assertEqual(first, f"{file}:1: unknown key max_wokers; did you mean max_workers?")
        self.assertTrue(second.startswith(f"{file}:2: idle_timeout takes a time"), second)

    def test_the_verdict_comes_first_and_only_what_differs_follows(self):
        file = self.written('max_workers = 3\n[pool.default]\nimage = "ami-1"\n')
        lines = self.run_cli("check-config", str(file)).stdout.splitlines()
        self.assertTrue(lines[0].startswith(f"# {file} is good"), lines)
        self.assertEqual([line.split(" =")[0] for line in lines[1:] if " = " in line],
                         ["state_dir", "max_workers", "image"])

    def test_a_configuration_that_can_launch_nothing_is_not_good(self):
        done = self.run_cli("check-config", "--name", "lab")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not good: nothing can be launched without an image", done.stdout)

    def test_without_a_region_serve_would_not_start_and_so_it_is_not_good(self):
        file = self.written('[pool.default]\nimage = "ami-1"\n')
        for region, says in (("", "no AWS region is known: set [aws] region"),
                             ("us-esat-1", "did you mean us-east-1?")):
            done = self.run_cli("check-config", str(file), env={"AWS_REGION": region})
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stdout.startswith(f"# {file} is not good: "), done.stdout)
            self.assertIn(says, done.stdout.splitlines()[0])
            serve = self.run_cli("serve", str(file), "--state-dir", str(self.scratch()),
                                 env={"AWS_REGION": region})
            self.assertEqual(serve.returncode, 1)
            self.assertIn(says, serve.stderr)

    def test_a_setting_of_awss_tools_that_serve_refuses_is_not_good(self):
        done = self.run_cli("check-config", "--pool-default-image", "ami-1",
                            env={"AWS_PROFILE": "nosuch"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("nosuch", done.stdout.splitlines()[0])

    def test_it_says_where_aws_is_and_whose_keys_are_used(self):
        image = ["--pool-default-image", "ami-1"]
        with_keys = self.run_cli("check-config", *image,
                                 env={**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:4599"})
        self.assertIn("# AWS: us-east-1 at http://127.0.0.1:4599 (AWS_ENDPOINT_URL), "
                      "keys of the environment\n", with_keys.stdout)
        without = self.run_cli("check-config", *image)
        self.assertEqual(without.returncode, 0)
        self.assertIn("# AWS: us-east-1, no keys\n", without.stdout)
        self.assertIn("warning: no AWS credentials were found: run aws configure", without.stderr)

    def test_the_example_configuration_is_good(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        done = self.run_cli("check-config", str(root / "packaging/compute-broker.toml"), env=KEYS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_the_example_comments_out_is_the_default(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        example = (root / "packaging/compute-broker.toml").read_text()
        opened = self.scratch() / "opened.toml"
        opened.write_text("".join(l.removeprefix("#") if l.startswith("#") and l[1:2].isalpha()
                                  else l for l in example.splitlines(keepends=True)))
        def values(file):
            text = self.run_cli("check-config", "--all", str(file)).stdout
            return [re.sub(r" +# \S.*$", "", l) for l in text.splitlines() if l[:1] != "#"]
        default = values(root / "packaging/compute-broker.toml")
        # What AWS's own configuration, or a person, has to say.
        own = ("region", "profile", "key_name", "security_groups", "state_dir")
        for was, now in zip(default, values(opened), strict=True):
            if not was.startswith(own):
                self.assertEqual(was, now)

    def test_flags_of_every_kind_are_taken(self):
        image = ["--pool-default-image", "ami-1"]
        done = self.run_cli("check-config", *image, "--allow-anyone", "--aws-adopt-untagged",
                            "--listen", "127.0.0.1:1,127.0.0.1:2", "--set", "pool.default.market=spot",
                            "--empty-input-is-get-worker=false", "--silence", "300ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ("allow_anyone = true", "adopt_untagged = true", 'market = "spot"',
                     'listen = ["127.0.0.1:1", "127.0.0.1:2"]', 'silence = "300ms"'):
            self.assertIn(line, done.stdout)
        self.assertEqual(self.run_cli("check-config", "--set", "nonsense").returncode, 2)
        self.assertEqual(self.run_cli("check-config", "--max-workers", "-1").returncode, 1)


if __name__ == "__main__":
    unittest.main()
