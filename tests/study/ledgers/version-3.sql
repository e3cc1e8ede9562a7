PRAGMA user_version = 3;
PRAGMA application_id = 1802265954;
BEGIN TRANSACTION;
CREATE TABLE attempts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL, trial TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', validation TEXT, test TEXT, history TEXT,
  epochs INTEGER, examples INTEGER, seconds REAL, versions TEXT, started TEXT NOT NULL, finished TEXT,
  checksum TEXT,
  FOREIGN KEY (study, trial) REFERENCES trials ON DELETE CASCADE
);
INSERT INTO "attempts" VALUES(1,1,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','ok','','replayed from t.csv','{"loss":1.0041810630738088}',NULL,'[]',0,0,1.49075400258880108594e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.662+00:00','2026-11-29T14:13:57.673+00:00','0339fd4abf56840c1a8c4b2fb6758c1f');
INSERT INTO "attempts" VALUES(2,1,'cfa675b1e637be121b5e204a62c90a981d81a50c102f099234848a4222d4f63f','ok','','replayed from t.csv','{"loss":1.0041810630738088}',NULL,'[]',0,0,6.05083005211781710386e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.682+00:00','2026-11-29T14:13:57.686+00:00','5533b52470fa21783a6697fe37dacc80');
INSERT INTO "attempts" VALUES(3,1,'e67ac851ac30490a8fbc4ee6d44e2e48a0a200ca88b0a8cc907cdf1bb091176f','ok','','replayed from t.csv','{"loss":1.0081810630738088}','{"loss":1.0181810630738088}','[]',0,0,8.39772998006083071231e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.693+00:00','2026-11-29T14:13:57.702+00:00','aeae3b727530edbac78b00dc15cdc695');
INSERT INTO "attempts" VALUES(4,1,'8396687981e3d414ca0cfe84f831e14c65bb92aceb09abaed7722715e390e748','ok','','replayed from t.csv','{"loss":1.0121810630738088}','{"loss":1.0221810630738088}','[]',0,0,1.13690699799917638301e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.704+00:00','2026-11-29T14:13:57.705+00:00','a1f527941357b17defadd1ab059c3116');
INSERT INTO "attempts" VALUES(5,1,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','ok','','replayed from t.csv','{"loss":0.7613205195495685}',NULL,'[]',0,0,8.81956999364774674177e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.719+00:00','2026-11-29T14:13:57.727+00:00','1d0700054ffeb33eb1aa9883f90d1b59');
INSERT INTO "attempts" VALUES(6,1,'4891eeb9c4e6b4b344963e676bbbe1f245d70c29db2bfc7139317bc21dd4077c','ok','','replayed from t.csv','{"loss":0.8513205195495684}',NULL,'[]',0,0,5.94256001932080835103e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.730+00:00','2026-11-29T14:13:57.735+00:00','4b7e5ddc5e8e12c3f1b66175c66aec7f');
INSERT INTO "attempts" VALUES(7,1,'9836c83fd2aca27099d3dd6ced3df18a0cc76a6a35ef848296f20ab6c23aa914','ok','','replayed from t.csv','{"loss":0.7653205195495685}','{"loss":0.7753205195495685}','[]',0,0,4.40486300067277625203e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.757+00:00','2026-11-29T14:13:57.770+00:00','806c9ff378327a97f37e6a83d75b86c4');
INSERT INTO "attempts" VALUES(8,1,'f1b70152df071346c6f9e57a9b9b1e87777176e39522d7c9547c897694112fc2','ok','','replayed from t.csv','{"loss":0.7693205195495685}','{"loss":0.7793205195495685}','[]',0,0,9.00203005585353821516e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.780+00:00','2026-11-29T14:13:57.799+00:00','3b7756d51ee2da6647a0ce1172606f98');
INSERT INTO "attempts" VALUES(9,1,'d122aa804d426730dd8fb0612eaa1db99223e454d4983f5d22139755b129d277','ok','','replayed from t.csv','{"loss":0.7271591767636877}',NULL,'[]',0,0,1.66223999985959380865e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.809+00:00','2026-11-29T14:13:57.828+00:00','60ea688bc278c4073c79302f61862fd8');
INSERT INTO "attempts" VALUES(10,1,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','ok','','replayed from t.csv','{"loss":0.6371591767636877}',NULL,'[]',0,0,5.15126700338441878557e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.841+00:00','2026-11-29T14:13:57.859+00:00','1b62183c0b7590d78693020bc6de7484');
INSERT INTO "attempts" VALUES(11,1,'ff32621c02c30c7c258759920e86908b55457af48479fbb2d005befea57eed24','ok','','replayed from t.csv','{"loss":0.6411591767636877}','{"loss":0.6511591767636877}','[]',0,0,3.22138699993956834077e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.881+00:00','2026-11-29T14:13:57.892+00:00','95bd17143293cd8af660c0a340725f66');
INSERT INTO "attempts" VALUES(12,1,'0e42e58b5d241df1f15f8219bfec91deb5e6516b5871f37a28a761d07e50542e','ok','','replayed from t.csv','{"loss":0.6451591767636877}','{"loss":0.6551591767636877}','[]',0,0,2.46540900116087868809e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.902+00:00','2026-11-29T14:13:57.912+00:00','d346dd7446e05c2d60ed144bdf850f7c');
INSERT INTO "attempts" VALUES(13,1,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','ok','','replayed from t.csv','{"loss":0.5363088285510481}',NULL,'[]',0,0,8.25672002974897623062e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.921+00:00','2026-11-29T14:13:57.937+00:00','5aaca7c3e3fe0df5c98e22f8aabbe3b7');
INSERT INTO "attempts" VALUES(14,1,'a6f884611685741ca835b952e1b94e2aa3c0e7e9c7d8660ae28545b9a58fdadd','ok','','replayed from t.csv','{"loss":0.6263088285510481}',NULL,'[]',0,0,1.19537400314584374427e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.943+00:00','2026-11-29T14:13:57.948+00:00','129bfca5c4b0664522eb95e211f7844e');
INSERT INTO "attempts" VALUES(15,1,'badd5bdd3f523de7ee9721f7a4cfc1ed405766c912df257588079d281997aaa4','ok','','replayed from t.csv','{"loss":0.5403088285510481}','{"loss":0.5503088285510481}','[]',0,0,0.0126378589993692,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:57.973+00:00','2026-11-29T14:13:57.994+00:00','d2bde53b0e3235692f23630a2c86d448');
INSERT INTO "attempts" VALUES(16,1,'5eab6add3a3702398d89516b50f41832e2ec60d31381aaf957750299b172a83b','ok','','replayed from t.csv','{"loss":0.5443088285510481}','{"loss":0.5543088285510481}','[]',0,0,6.1184510050225071609e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T14:13:58.006+00:00','2026-11-29T14:13:58.022+00:00','0aadee9f8033fbb036b2749d47b2354b');
CREATE TABLE marks (mark TEXT NOT NULL);
INSERT INTO "marks" VALUES('eda6faffafde4e9c');
CREATE TABLE rungs (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, n INTEGER NOT NULL, replicate INTEGER NOT NULL,
  subset TEXT NOT NULL, overlap REAL NOT NULL, PRIMARY KEY (study, n, replicate)
);
INSERT INTO "rungs" VALUES(1,20,1,'1c29bc044b90f9d240c471a29761d0a5',0.0);
INSERT INTO "rungs" VALUES(1,20,2,'b6399436c75595f0a9a4584dae764fff',0.0);
INSERT INTO "rungs" VALUES(1,40,1,'4d6ef8a41c305077f52c54485660c632',0.05);
INSERT INTO "rungs" VALUES(1,40,2,'f17d38d5e83c490d7af30448b48fcf04',0.05);
INSERT INTO "rungs" VALUES(1,80,1,'22b5e49d0a6bff34eb3a359a99c0cb81',0.1875);
INSERT INTO "rungs" VALUES(1,80,2,'b52c58422f8833f1adfe3de41883ca0c',0.1875);
INSERT INTO "rungs" VALUES(1,160,1,'285d578774bc98389ecb6232870fc028',0.3875);
INSERT INTO "rungs" VALUES(1,160,2,'16311e2bdccadf292164337b13f00096',0.3875);
INSERT INTO "rungs" VALUES(1,20,0,'08eee4703e3499119fb3c4692a929d79',0.0);
INSERT INTO "rungs" VALUES(1,40,0,'b1221c2830c5bc12ce55b30c451574bb',0.0);
INSERT INTO "rungs" VALUES(1,80,0,'c4b8e198148f6614757d412fe313354c',0.0);
INSERT INTO "rungs" VALUES(1,160,0,'eae2d3e1e1a1090c5f17f8a394ae2670',0.0);
CREATE TABLE studies (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, identity TEXT NOT NULL,
  description TEXT NOT NULL, data TEXT NOT NULL, created TEXT NOT NULL, holder TEXT NOT NULL DEFAULT ''
);
INSERT INTO "studies" VALUES(1,'s','6224d6e30a58099a6fbf5f6527620e1f13107346d11e747a8948b8c899474128','{"data":"e50aa9ed2798820ec7a18905708a0235ea754504ed4efff45236a54e49fa6f22","diverged_above":100.0,"metric":"loss","metrics":[],"net":"lenet","params":{},"search":{"generation":5,"keep":0.3,"sampler":"random","space":{"lr":[0.01,0.1]},"stages":[],"warm_start":false},"seed":0,"trainer":"replay","training":{"seconds":0.0,"table":"t.csv"}}','{"besides":0.0,"data":{"examples":400,"source":"blank"},"diverged_above":100.0,"keep_weights":false,"max_n":null,"memory_gb":null,"metric":"loss","metrics":[],"name":"s","net":"lenet","params":{},"replicates":2,"search":{"generation":5,"keep":0.3,"sampler":"random","space":{"lr":[0.01,0.1]},"stages":[],"trials":2,"warm_start":false},"seed":0,"seeds_per_subset":1,"sizes":[20,40,80,160],"timeout":null,"trainer":"replay","training":{"table":"t.csv"}}','{"chance":{},"classes":0,"fingerprint":"e50aa9ed2798820ec7a18905708a0235ea754504ed4efff45236a54e49fa6f22","name":"blank","notes":["the examples are blank: nothing can be learnt from them"],"shape":[1],"task":"regression","test":1,"train":400,"validation":1}','2026-11-29T14:13:57+00:00','process 31772 on vm, since 2026-11-29T14:13:57+00:00');
CREATE TABLE trials (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, id TEXT NOT NULL, purpose TEXT NOT NULL,
  n INTEGER NOT NULL, replicate INTEGER NOT NULL, number INTEGER NOT NULL, seed INTEGER NOT NULL,
  params TEXT NOT NULL, parent TEXT, until INTEGER, checksum TEXT, PRIMARY KEY (study, id)
);
INSERT INTO "trials" VALUES(1,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','search',20,0,0,950571230501138883,'{"lr":0.01}',NULL,NULL,'945af4b304fb9abafec533b5f9cab517');
INSERT INTO "trials" VALUES(1,'cfa675b1e637be121b5e204a62c90a981d81a50c102f099234848a4222d4f63f','search',20,0,1,4985073743553147588,'{"lr":0.01}',NULL,NULL,'a5e0ac35bff7c442def8244a3a85fb68');
INSERT INTO "trials" VALUES(1,'e67ac851ac30490a8fbc4ee6d44e2e48a0a200ca88b0a8cc907cdf1bb091176f','score',20,1,0,1425356035985454837,'{"lr":0.01}','c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0',NULL,'d32a6185181d68ca56bf95b0e77d50b9');
INSERT INTO "trials" VALUES(1,'8396687981e3d414ca0cfe84f831e14c65bb92aceb09abaed7722715e390e748','score',20,2,0,179706312961301156,'{"lr":0.01}','c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0',NULL,'c25413db67764122183cbf2b553ebd3c');
INSERT INTO "trials" VALUES(1,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','search',40,0,0,1499265342640144554,'{"lr":0.1}',NULL,NULL,'0d78a6a55b077d0d47033db91af694fa');
INSERT INTO "trials" VALUES(1,'4891eeb9c4e6b4b344963e676bbbe1f245d70c29db2bfc7139317bc21dd4077c','search',40,0,1,2039111078144520790,'{"lr":0.01}',NULL,NULL,'c81ecd36ab8593108bb9b78b422ed74e');
INSERT INTO "trials" VALUES(1,'9836c83fd2aca27099d3dd6ced3df18a0cc76a6a35ef848296f20ab6c23aa914','score',40,1,0,2251421818841656371,'{"lr":0.1}','680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4',NULL,'f9de1f74b95c85b64ddd4ac79c380e76');
INSERT INTO "trials" VALUES(1,'f1b70152df071346c6f9e57a9b9b1e87777176e39522d7c9547c897694112fc2','score',40,2,0,7955468434933871777,'{"lr":0.1}','680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4',NULL,'cf558f5eed4ef280b6d313c060f41dd6');
INSERT INTO "trials" VALUES(1,'d122aa804d426730dd8fb0612eaa1db99223e454d4983f5d22139755b129d277','search',80,0,0,8297496355627272752,'{"lr":0.01}',NULL,NULL,'b99603b13f11fbc7dc1c8c026ceffeec');
INSERT INTO "trials" VALUES(1,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','search',80,0,1,1809528828584268310,'{"lr":0.1}',NULL,NULL,'44a84f6db91a577a71511f319a0e0d7e');
INSERT INTO "trials" VALUES(1,'ff32621c02c30c7c258759920e86908b55457af48479fbb2d005befea57eed24','score',80,1,0,1242017730280604040,'{"lr":0.1}','21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d',NULL,'7a52be075b98870ecad387f0bb28cb8b');
INSERT INTO "trials" VALUES(1,'0e42e58b5d241df1f15f8219bfec91deb5e6516b5871f37a28a761d07e50542e','score',80,2,0,1218008887829005484,'{"lr":0.1}','21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d',NULL,'7a4b6f0362094c8565adce4261a5a765');
INSERT INTO "trials" VALUES(1,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','search',160,0,0,4655525667110294952,'{"lr":0.1}',NULL,NULL,'76780d6bdb53c8094e204e6d41e2e01b');
INSERT INTO "trials" VALUES(1,'a6f884611685741ca835b952e1b94e2aa3c0e7e9c7d8660ae28545b9a58fdadd','search',160,0,1,3337641992998112834,'{"lr":0.01}',NULL,NULL,'8f04bc709a23f48a268a53c4c00fefe6');
INSERT INTO "trials" VALUES(1,'badd5bdd3f523de7ee9721f7a4cfc1ed405766c912df257588079d281997aaa4','score',160,1,0,1936847085892019860,'{"lr":0.1}','6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b',NULL,'c56e3d09fb7c7143ac3be31fef0fb227');
INSERT INTO "trials" VALUES(1,'5eab6add3a3702398d89516b50f41832e2ec60d31381aaf957750299b172a83b','score',160,2,0,7813086702317676451,'{"lr":0.1}','6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b',NULL,'18860941f4dd80b180ebb0fceccee7c2');
CREATE TABLE winners (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  n INTEGER NOT NULL, trials INTEGER NOT NULL, trial TEXT, at_edge TEXT NOT NULL, checksum TEXT,
  UNIQUE (study, n, trials, trial)
);
INSERT INTO "winners" VALUES(1,1,20,2,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','[]','3ab85db1062c593d28e063d03ad0a142');
INSERT INTO "winners" VALUES(2,1,40,2,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','[]','b8c2021c52697d7406e8269d1aa19195');
INSERT INTO "winners" VALUES(3,1,80,2,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','[]','e5dae4b296e6aaae9d68041d35777942');
INSERT INTO "winners" VALUES(4,1,160,2,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','[]','824773bcb0db46c3b7337e89317c4ae0');
CREATE UNIQUE INDEX one_result ON attempts (study, trial) WHERE state IN ('ok', 'diverged');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('attempts',16);
INSERT INTO "sqlite_sequence" VALUES('winners',4);
COMMIT;
